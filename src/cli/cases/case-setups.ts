// All set-ups of cases by the name that case.json gives, listed by hand.

import { HeisenwriteError } from '../../domain/errors.ts';
import type { CaseSetup } from './case-setup.ts';
import { checkpointsSetup } from './setup-checkpoints.ts';
import { directorySetup } from './setup-directory.ts';
import { ext4Setup } from './setup-ext4.ts';
import { relayedDropSetup } from './setup-relayed-drop.ts';
import { reloadedExportSetup } from './setup-reloaded-export.ts';

const CASE_SETUPS: Readonly<Record<string, CaseSetup>> = {
  checkpoints: checkpointsSetup,
  directory: directorySetup,
  ext4: ext4Setup,
  'relayed-drop': relayedDropSetup,
  'reloaded-export': reloadedExportSetup,
};

/** @throws HeisenwriteError `invalid-plan` */
export function setupNamed(name: string): CaseSetup {
  const setup = Object.hasOwn(CASE_SETUPS, name) ? CASE_SETUPS[name] : undefined;
  if (setup) return setup;
  const names = Object.keys(CASE_SETUPS).join(', ');
  throw new HeisenwriteError('invalid-plan', `there is no set-up "${name}" (set-ups: ${names})`);
}
