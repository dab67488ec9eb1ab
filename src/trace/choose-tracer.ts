// Which tracer is used: the one that was asked for, or the one that costs less where this machine
// allows it.

import { spawnSync } from 'node:child_process';
import { HeisenwriteError } from '../domain/errors.ts';
import { bpftraceObstacle, traceByBpftrace } from './bpftrace.ts';
import { traceByStrace } from './strace.ts';
import type { TraceRequest, TracerName, Tracing } from './tracing.ts';

export interface ChosenTracer {
  readonly name: TracerName;
  /** Why it is this one, for the account. */
  readonly because: string;
  trace(request: TraceRequest): Promise<Tracing>;
}

/** @throws HeisenwriteError `missing-component`, `not-traceable`, `invalid-option` */
export function chooseTracer(via: TracerName | 'auto', hasProbes: boolean): ChosenTracer {
  const needsBpftrace = hasProbes || via === 'bpftrace';
  if (via === 'strace' && hasProbes) {
    throw new HeisenwriteError('invalid-option', 'strace sees system calls and no functions', {
      remedy: 'use --probe with --via bpftrace, or leave --via out',
    });
  }
  const obstacle = via === 'strace' ? null : bpftraceObstacle();
  if (needsBpftrace && obstacle !== null) {
    throw new HeisenwriteError('not-traceable', `bpftrace cannot be used: ${obstacle}`, {
      remedy: 'run as root on a kernel with tracefs and BPF, with bpftrace installed',
    });
  }
  if (via !== 'strace' && obstacle === null) {
    const because = needsBpftrace ? 'as was asked for' : 'it costs less than strace';
    return { name: 'bpftrace', because, trace: traceByBpftrace };
  }
  if (spawnSync('strace', ['-V'], { stdio: 'ignore' }).error) {
    const remedy = 'apt-get install -y strace';
    throw new HeisenwriteError('missing-component', 'strace is missing', { remedy });
  }
  const because = via === 'strace' ? 'as was asked for' : `no bpftrace: ${obstacle}`;
  return { name: 'strace', because, trace: traceByStrace };
}
