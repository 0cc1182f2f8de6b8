import { expect, it } from 'vitest';
import { Admission } from './admission.js';

/** An instance that answers one after the other, by a clock of its own. */
class Instance {
  readonly admission = new Admission();
  readonly refusals: number[] = [];
  /** By when it answers, in the order of arrival. */
  private readonly underWay: { id: string; answeredAt: number }[] = [];
  private freeAt = 0;
  private ids = 0;
  answers = 0;

  constructor(public perSecond: number) {}

  get waiting(): number {
    return this.underWay.length;
  }

  arrive(now: number): void {
    this.answerUntil(now);
    const retryAfter = this.admission.refuse(now);
    if (retryAfter !== undefined) return void this.refusals.push(retryAfter);
    const id = `${this.ids++}`;
    this.admission.enter(id, now);
    this.freeAt = Math.max(now, this.freeAt) + 1_000 / this.perSecond;
    this.underWay.push({ id, answeredAt: this.freeAt });
  }

  /** Evenly. */
  arriveFor(seconds: number, perSecond: number, from = 0): void {
    for (let i = 0; i < seconds * perSecond; i++) this.arrive(from + (1_000 * i) / perSecond);
    this.answerUntil(from + 1_000 * seconds);
  }

  arriveAtOnce(count: number, now: number): void {
    for (let i = 0; i < count; i++) this.arrive(now);
  }

  private answerUntil(now: number): void {
    for (let [next] = this.underWay; next && next.answeredAt <= now; [next] = this.underWay) {
      this.admission.leave(next.id, true, next.answeredAt);
      this.underWay.shift();
      this.answers++;
    }
  }
}

const perSecondOf = [20, 100, 1_500];

it.each(perSecondOf)('an instance that can do %i a second and has less to do refuses nobody', (perSecond) => {
  const instance = new Instance(perSecond);
  instance.arriveFor(60, 0.9 * perSecond);
  expect(instance.refusals).toEqual([]);
});

it.each(perSecondOf)('one that can do %i a second still does as much when twice as many come', (perSecond) => {
  const instance = new Instance(perSecond);
  instance.arriveFor(60, 2 * perSecond);
  expect(instance.answers).toBeGreaterThan(0.95 * 60 * perSecond);
  expect(instance.waiting).toBeLessThanOrEqual(Math.max(64, 2 * perSecond + 2));
});

it('as many at once as are answered within two seconds get in, and the next one does not', () => {
  const instance = new Instance(100);
  instance.arriveFor(60, 200); // learns what it can do
  instance.arriveFor(60, 20, 60_000);
  const before = instance.refusals.length;
  instance.arriveAtOnce(200, 120_000);
  expect(instance.refusals.length - before).toBe(0);
  instance.arriveAtOnce(10, 120_000);
  expect(instance.refusals.length - before).toBeGreaterThan(7);
});

it('a crowd that meets an idle instance does not make it think less of itself', () => {
  const instance = new Instance(200);
  instance.arriveFor(3_600, 1);
  instance.arriveAtOnce(2_000, 3_599_900);
  expect(instance.refusals.length).toBe(1_600);
  instance.arriveFor(1, 2_000, 3_599_901);
  expect(instance.waiting).toBeGreaterThan(395);
});

it('always lets 64 in, however slow the last answers were', () => {
  const instance = new Instance(1);
  instance.arriveFor(300, 4);
  instance.arriveAtOnce(10, 300_000);
  expect(instance.waiting).toBe(64);
});

it('answers that come in heaps, as of a busy event loop, count as if they had come one by one', () => {
  const admission = new Admission();
  let ids: string[] = [];
  for (let now = 0; now < 20_000; now += 400) {
    for (const id of ids) admission.leave(id, true, now); // 100 in 400 ms: 250 a second
    ids = [];
    for (let i = 0; i < 1_000 && admission.refuse(now) === undefined; i++) {
      const id = `${now} ${i}`;
      admission.enter(id, now);
      if (i < 100) ids.push(id);
      else admission.leave(id, false, now);
    }
  }
  for (const id of ids) admission.leave(id, false, 20_000);
  let places = 0;
  for (; admission.refuse(20_000) === undefined; places++) admission.enter(`${places}`, 20_000);
  expect(places).toBeGreaterThanOrEqual(400);
});

it('a database that was slow for a minute is forgotten within three seconds', () => {
  const instance = new Instance(400);
  instance.arriveFor(30, 300);
  instance.perSecond = 10;
  instance.arriveFor(60, 300, 30_000);
  expect(instance.waiting).toBeLessThanOrEqual(64 + 1);
  instance.perSecond = 400;
  instance.arriveFor(10, 300, 90_000);
  const before = instance.refusals.length;
  instance.arriveFor(60, 300, 100_000);
  expect(instance.refusals.length - before).toBe(0);
});

it('a database that answers nothing for a minute is forgotten as soon', () => {
  const { admission } = new Instance(1);
  const stuck: string[] = [];
  for (let now = 0; now < 60_000; now += 5) {
    if (admission.refuse(now) !== undefined) continue;
    admission.enter(`${now}`, now);
    stuck.push(`${now}`);
  }
  for (const id of stuck) admission.leave(id, false, 60_000);
  let refused = 0;
  for (let now = 60_000; now < 70_000; now += 5) {
    if (admission.refuse(now) !== undefined) refused++;
    else admission.enter(`${now}`, now);
    admission.leave(`${now - 100}`, true, now);
  }
  expect(refused).toBe(0);
});

it('learns nothing from those that were refused or whose client has left', () => {
  const instance = new Instance(100);
  instance.arriveFor(60, 200);
  const { admission } = instance;
  for (let i = 0; i < 5_000; i++) {
    admission.enter(`x${i}`, 60_000 + i);
    admission.leave(`x${i}`, false, 60_000 + i);
  }
  instance.arriveFor(10, 400, 65_000);
  expect(instance.waiting).toBeLessThan(220);
});

it('asks to return the later, the longer it has refused, for ten seconds at most, and begins anew when it is over', () => {
  const admission = new Admission();
  for (let i = 0; i < 400; i++) admission.enter(`${i}`, 0);
  const asked = [0, 500, 2_000, 3_500, 4_500, 6_400, 8_300, 9_500, 11_000].map((now) => admission.refuse(now));
  expect(asked).toEqual([1, 1, 2, 4, 5, 7, 9, 10, 10]);
  expect(admission.refuse(13_001)).toBe(1);
});
