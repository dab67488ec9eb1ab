// The public API: named exports only, each with its own documentation where it is defined.

export type { PublishStep } from './delivery/delivery.ts';
export {
  type HandedFile,
  type HandOptions,
  type IntoOptions,
  type PickedUp,
  type PickUpOptions,
  pickUp,
} from './delivery/pick-up.ts';
export type { Picked, PickStep, Waiting } from './delivery/picking.ts';
export { type Published, type PublishOptions, publish } from './delivery/publish.ts';
export type { Cell, Level, Levels } from './domain/cell.ts';
export { levelsText } from './domain/cell.ts';
export type { BitDamage, Damage, DamageKind, Layer, Signature } from './domain/damage.ts';
export { HeisenwriteError } from './domain/errors.ts';
export type { Finding, Guarantee, HuntReport } from './domain/hunt-report.ts';
export {
  TRANSIENT_ERRORS,
  TRANSIENT_ON_REQUEST,
  type TransientError,
} from './domain/transient-errors.ts';
export type { Verdict } from './domain/trial.ts';
export type { ResilientOptions } from './medium/resilient-options.ts';
export {
  ResilientWriteError,
  type ResilientWriter,
  resilientWriter,
  type SurvivedOutage,
} from './medium/resilient-writer.ts';
export {
  type OpenWritable,
  type WritableFile,
  writableFileHandle,
} from './medium/writable-file.ts';
export { definePlan, type PlanInput } from './plan/define-plan.ts';
