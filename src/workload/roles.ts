// All roles by name, for the actors' entry: what may cross into a thread or process.

import { appendCheck, appendWrite } from './append-roles.ts';
import { captureLook, captureWrite } from './capture-roles.ts';
import { commandCheck, commandCheckCanary, commandPrepare } from './command-roles.ts';
import { deliveryParts, deliveryTaken } from './delivery-parts.ts';
import { deliveryWatch } from './delivery-watch.ts';
import { deliveryOrigin, deliveryPrepare, deliveryWrite } from './delivery-write.ts';
import { exchangePrepare, exchangeRead, exchangeWrite } from './exchange-roles.ts';
import { mailboxPrepare, mailboxRead, mailboxWrite } from './mailbox-roles.ts';
import { replacePrepare, replaceRead, replaceWrite } from './replace-roles.ts';
import type { Role } from './role.ts';
import { roundtripCheck } from './roundtrip-check.ts';
import { roundtripPrepare, roundtripRelease, roundtripWrite } from './roundtrip-roles.ts';
import { streamRoles } from './stream-roles.ts';
import { transferCheck, transferWrite } from './transfer-roles.ts';

export const ROLES: Readonly<Record<string, Role>> = {
  'append-check': appendCheck,
  'append-write': appendWrite,
  'capture-look': captureLook,
  'capture-write': captureWrite,
  'command-check': commandCheck,
  'command-check-canary': commandCheckCanary,
  'command-prepare': commandPrepare,
  'delivery-origin': deliveryOrigin,
  'delivery-parts': deliveryParts,
  'delivery-prepare': deliveryPrepare,
  'delivery-taken': deliveryTaken,
  'delivery-watch': deliveryWatch,
  'delivery-write': deliveryWrite,
  'exchange-prepare': exchangePrepare,
  'exchange-read': exchangeRead,
  'exchange-write': exchangeWrite,
  'mailbox-prepare': mailboxPrepare,
  'mailbox-read': mailboxRead,
  'mailbox-write': mailboxWrite,
  'replace-prepare': replacePrepare,
  'replace-read': replaceRead,
  'replace-write': replaceWrite,
  'roundtrip-check': roundtripCheck,
  'roundtrip-prepare': roundtripPrepare,
  'roundtrip-release': roundtripRelease,
  'roundtrip-write': roundtripWrite,
  ...streamRoles(),
  'transfer-check': transferCheck,
  'transfer-write': transferWrite,
};
