// Every scenario, in the order of a run.
import type { Scenario } from '../kit/round.js';
import { endingScenarios } from './endings.js';
import { killScenarios } from './kills.js';
import { networkScenarios } from './network.js';
import { serviceScenarios } from './service.js';

export const scenarios: readonly Scenario[] = [
  ...networkScenarios,
  ...serviceScenarios,
  ...killScenarios,
  ...endingScenarios,
];
