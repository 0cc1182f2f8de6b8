import { describe, expect, it } from 'vitest';
import { batched } from './batched.js';

/** Asks that are answered when the test says so. */
function asks() {
  const sent: { questions: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const ask = (questions: readonly number[]) =>
    new Promise<number[]>((done, fail) => {
      sent.push({ questions, answer: () => done(questions.map((each) => each * 10)), fail });
    });
  return { sent, ask };
}
const turn = () => new Promise((done) => setImmediate(() => setImmediate(done)));

describe('questions', () => {
  it('of one turn go together and have each its own answer', async () => {
    const { sent, ask } = asks();
    const put = batched(ask, { inFlight: Infinity, together: 10 });
    const answers = Promise.all([put(1), put(2), put(1)]);
    await turn();
    expect(sent.map(({ questions }) => questions)).toEqual([[1, 2, 1]]);
    sent[0]?.answer();
    expect(await answers).toEqual([10, 20, 10]);
  });

  it('that come while others are on their way are asked anew, never answered by what was asked before', async () => {
    const { sent, ask } = asks();
    const put = batched(ask, { inFlight: 1, together: 10 });
    const [first, second, third] = [put(1), turn().then(() => put(1)), turn().then(() => put(2))];
    await turn();
    await turn();
    expect(sent).toHaveLength(1);
    sent[0]?.answer();
    expect(await first).toBe(10);
    await turn();
    expect(sent.map(({ questions }) => questions)).toEqual([[1], [1, 2]]);
    sent[1]?.answer();
    expect(await Promise.all([second, third])).toEqual([10, 20]);
  });

  it('beyond what may go together make another', async () => {
    const { sent, ask } = asks();
    const put = batched(ask, { inFlight: 2, together: 2 });
    const answers = Promise.all([1, 2, 3, 4, 5].map(put));
    await turn();
    expect(sent.map(({ questions }) => questions)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    sent[1]?.answer();
    await turn();
    expect(sent[2]?.questions).toEqual([5]);
    for (const each of sent) each.answer();
    expect(await answers).toEqual([10, 20, 30, 40, 50]);
  });

  it('that fail fail together, and those behind them go on', async () => {
    const { sent, ask } = asks();
    const put = batched(ask, { inFlight: 1, together: 1 });
    const [first, second] = [put(1), put(2)];
    await turn();
    setImmediate(() => sent[0]?.fail(new Error('gone')));
    await expect(first).rejects.toThrow('gone');
    await turn();
    sent[1]?.answer();
    expect(await second).toBe(20);
  });
});
