// heisenwrite/recorder: the flight recorder, for anybody's Node program. It needs nothing else of
// this project. A recorder writes one file per process or thread; recordings are read by whoever
// has the files, also while they are written. docs/recording-layout.md describes the bytes.

export { type ClockOffset, estimateClockOffset } from './clock-offset.ts';
export { type Clause, parseQuery } from './event-query.ts';
export type {
  EventDeclarations,
  EventSchema,
  FieldDeclaration,
  FieldSchema,
  FieldType,
} from './event-schema.ts';
export { type EventSearch, searchEvents } from './event-search.ts';
export type { WhenFull } from './layout.ts';
export type { MatchFinding, MatchResult, RecordPlace } from './match-result.ts';
export {
  type Delivery,
  type MatchOptions,
  type MatchTerm,
  matchMessages,
} from './message-match.ts';
export type { FieldValue, RecordedEvent, TimeRange } from './record-events.ts';
export type { ByteColumn, Columns, NumberColumn, ScanAccount } from './record-scan.ts';
export { type ClockOption, openRecorder, type Recorder, type RecorderOptions } from './recorder.ts';
export type { RecordingClock, RecordingCounts, RecordingHeader } from './recording.ts';
export { copyRecording } from './recording-copy.ts';
export { RecordingError, type RecordingErrorCode } from './recording-error.ts';
export { openRecordings, RECORDING_ENDING, type Recordings } from './recordings.ts';
