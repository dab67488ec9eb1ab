// All workloads, listed by hand: nothing registers itself by being imported.

import type { Workload } from '../domain/workload.ts';
import { provokable } from '../provoke/provocations.ts';
import { append } from './append.ts';
import { capture } from './capture.ts';
import { command } from './command.ts';
import { delivery } from './delivery.ts';
import { exchange } from './exchange.ts';
import { mailbox } from './mailbox.ts';
import { replace } from './replace.ts';
import { roundtrip } from './roundtrip.ts';
import { stream } from './stream.ts';
import { transfer } from './transfer.ts';

export const WORKLOADS: readonly Workload[] = [
  roundtrip,
  mailbox,
  replace,
  append,
  transfer,
  exchange,
  capture,
  command,
  delivery,
  stream,
].map(provokable);
