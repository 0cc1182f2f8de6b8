import { expect, it } from 'vitest';
import { FairQueue, type Turn } from './fair-queue.js';

/** Work that lasts until it is told to end, and notes when its turn came. */
function bench(queue: FairQueue) {
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => (turn: Turn) =>
    turn(() => {
      began.push(name);
      return new Promise<void>((end) => ends.push(end));
    });
  const come = (network: string, name: string, account = name) => queue.withPlace({ network, account }, work(name));
  const endOne = async () => {
    ends.shift()?.();
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  };
  return { began, come, endOne };
}

it('one network holds its share of the places at most, and leaves the rest to others', async () => {
  const queue = new FairQueue({ concurrency: 1, places: 8, share: 2 });
  const { come } = bench(queue);
  void come('a', 'a1');
  void come('a', 'a2');
  await expect(come('a', 'a3')).rejects.toMatchObject({ code: 'overloaded' });
  void come('b', 'b1');
  expect(queue.waiting + queue.running).toBe(3);
});

it('one account holds its share at most, from however many networks', async () => {
  const { come } = bench(new FairQueue({ concurrency: 1, places: 8, share: 2 }));
  void come('a', '1', 'ada');
  void come('b', '2', 'ada');
  await expect(come('c', '3', 'ada')).rejects.toMatchObject({ code: 'overloaded' });
});

it('the turns go round the networks: who comes late does not wait behind a whole line', async () => {
  const { began, come, endOne } = bench(new FairQueue({ concurrency: 1, places: 20, share: 10 }));
  for (const name of ['a1', 'a2', 'a3', 'a4']) void come('a', name);
  void come('b', 'b1');
  for (let done = 0; done < 5; done++) await endOne();
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
});

it('a place is free again when its work ends, well or badly', async () => {
  const queue = new FairQueue({ concurrency: 1, places: 1, share: 1 });
  await expect(queue.withPlace({ network: 'a' }, () => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
  expect(await queue.withPlace({ network: 'a' }, (turn) => turn(() => Promise.resolve('good')))).toBe('good');
  expect([queue.waiting, queue.running]).toEqual([0, 0]);
});
