import { expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { Admission } from './admission.js';

let ids = 0;
const fill = (admission: Admission, count: number, now = 0) =>
  Array.from({ length: count }, () => {
    const id = `${ids++}`;
    admission.enter(id, now);
    return id;
  });

function retryAfterOf(admission: Admission, now = 0): number | undefined {
  try {
    admission.enter(`${ids++}`, now);
    return undefined;
  } catch (error) {
    return error instanceof Refusal && error.code === 'overloaded' ? error.retryAfter : NaN;
  }
}

/** Answers one after the other, each of which took `ms` alone. */
const answer = (admission: Admission, count: number, ms: number) => {
  for (let i = 0; i < count; i++) for (const id of fill(admission, 1)) admission.leave(id, ms);
};

it('lets as many in as are answered within two seconds, and refuses the next one', () => {
  const admission = new Admission();
  answer(admission, 500, 10);
  fill(admission, 201);
  expect(retryAfterOf(admission)).toBe(1);
});

it('measures by how many were under way: a crowd is slow together and fast one by one', () => {
  const admission = new Admission();
  for (let round = 0; round < 20; round++)
    fill(admission, 100).forEach((id, ahead) => admission.leave(id, 2 * (ahead + 1))); // 2 ms each, one after the other
  fill(admission, 1_000);
  expect(retryAfterOf(admission)).toBe(1);
});

it('always lets 64 in, however slow the last answers were', () => {
  const admission = new Admission();
  answer(admission, 500, 60_000);
  fill(admission, 64);
  expect(retryAfterOf(admission)).toBe(1);
});

it('learns nothing from those that were refused or whose client has left', () => {
  const admission = new Admission();
  answer(admission, 500, 10);
  for (let i = 0; i < 5_000; i++) for (const id of fill(admission, 1)) admission.leave(id);
  fill(admission, 201);
  expect(retryAfterOf(admission)).toBe(1);
});

it('asks to return the later, the longer it has refused, for ten seconds at most, and begins anew when it is over', () => {
  const admission = new Admission();
  const ids = fill(admission, 401);
  const asked = [0, 500, 4_500, 9_500, 3_600_000].map((now) => retryAfterOf(admission, now));
  expect(asked).toEqual([1, 1, 5, 10, 10]);
  for (const id of ids) admission.leave(id);
  fill(admission, 401, 3_600_001);
  expect(retryAfterOf(admission, 3_600_002)).toBe(1);
});
