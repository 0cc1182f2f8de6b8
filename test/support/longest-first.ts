// Starts the files that take longest first, so that none of them runs alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Over twenty seconds each on two cores; the others follow in the usual order. */
const longest = [
  ...['tabs-storm.browser', 'way.browser', 'process', 'cli', 'restarts', 'verifier', 'redis-faults', 'feed-load'],
  ...['refresh-model', 'redis-failover', 'mail-failures', 'conformance', 'embedded-postgres', 'key-runbooks', 'build'],
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await BaseSequencer.prototype.sort.call(this, files);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => new RegExp(`/${name}(?:\\.test)?\\.ts$`).test(moduleId));
      return at === -1 ? longest.length : at;
    };
    return usual.toSorted((one, other) => rank(one) - rank(other));
  }
}
