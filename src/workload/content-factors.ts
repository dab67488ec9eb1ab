// How content is made and how a write of it is stated: factors of several workloads.

import { STABILITIES } from '../domain/medium.ts';
import { PATTERNS } from '../domain/observation.ts';
import type { FactorDeclaration } from '../domain/plan.ts';

export const STABILITY_FACTOR: FactorDeclaration = {
  name: 'stability',
  kind: 'choice',
  about: 'what a write states of NFSv3 (any: as the client does by itself)',
  fallback: 'any',
  choices: STABILITIES,
};

export const PATTERN_FACTOR: FactorDeclaration = {
  name: 'pattern',
  kind: 'choice',
  about: 'content of the blocks',
  fallback: 'stamp',
  choices: PATTERNS,
};
