// Breadth: what Apache OpenDAL reaches (WebDAV, WebHDFS, Azure, Google and more) as a medium of
// whole objects. Content is gathered here and sent as one request with close, since most of these
// services take nothing else. Nothing is tried again: a retry would hide what a hunt is after.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Operator } from 'opendal';
import { HeisenwriteError } from '../domain/errors.ts';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import { ClientCalls } from './client-calls.ts';
import { kindOf, OpendalClient } from './opendal-client.ts';
import { type ServicePlace, servicePlace } from './opendal-place.ts';
import { OperationError, UnreachableError } from './operation-error.ts';

const INSTALL = 'npm install opendal@0.49.2';

/**
 * Where one request puts a whole object that nobody sees in part, by the promise of the service.
 * For the others it depends on the server behind the protocol, so it is not declared.
 */
const ATOMIC_SERVICES: ReadonlySet<string> = new Set([
  'azblob',
  'b2',
  'cos',
  'gcs',
  'obs',
  'oss',
  's3',
]);

export const opendalAdapter: MediumAdapter = {
  scheme: 'opendal+',
  about: 'whole objects on a service that OpenDAL reaches: webdav, webhdfs, azblob, gcs, fs, ...',
  example: 'opendal+webdav:///dir?endpoint=https://dav.example.org',
  async connect(url: string, options?: ConnectOptions): Promise<MediumConnection> {
    const place = servicePlace(url, process.env);
    const operator = operatorFor(place);
    const calls = new ClientCalls(options, kindOf);
    await checkService(operator, calls, place);
    const capabilities = capabilitiesOf(operator, place);
    const isAtomic = capabilities.atomicReplace;
    const said = (text: string) => redact(text, place);
    return {
      client: new OpendalClient({ operator, calls, isAtomic, redact: said }),
      capabilities,
      facts: {
        protocol: `OpenDAL ${place.service}`,
        root: place.options.root ?? '/',
        ...(place.options.endpoint ? { endpoint: redact(place.options.endpoint, place) } : {}),
      },
      freeBytes: async () => null,
    };
  },
};

/** @throws HeisenwriteError `missing-component`, `invalid-place`, `no-such-place` */
function operatorFor(place: ServicePlace): Operator {
  const { service, options } = place;
  // OpenDAL would make it, and a typing error would become a directory.
  if (service === 'fs' && !existsSync(options.root ?? '')) {
    throw new HeisenwriteError('no-such-place', `there is no directory ${options.root}`);
  }
  const { Operator: OperatorOf } = loadOpendal();
  try {
    return new OperatorOf(service, { ...options });
  } catch (error) {
    const because = redact((error as Error).message, place);
    throw new HeisenwriteError('invalid-place', `opendal+${service}: ${because}`, {
      remedy: 'give the options that OpenDAL lists for this service, secrets in the environment',
    });
  }
}

function loadOpendal(): typeof import('opendal') {
  try {
    return createRequire(import.meta.url)('opendal');
  } catch (error) {
    const [because] = (error as Error).message.split('\n');
    const words = `opendal, which reaches these services, did not load: ${because}`;
    throw new HeisenwriteError('missing-component', words, { remedy: INSTALL, cause: error });
  }
}

/** @throws UnreachableError, HeisenwriteError `not-authenticated` */
async function checkService(
  operator: Operator,
  calls: ClientCalls,
  place: ServicePlace,
): Promise<void> {
  try {
    await calls.run('connect', '/', () => operator.check());
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const said = redact(error.message, place);
    if (error.errno === 'NotFound') return;
    if (error.errno === 'PermissionDenied') {
      throw new HeisenwriteError('not-authenticated', said, {
        remedy: 'give the credentials of the service as HEISENWRITE_OPENDAL_<OPTION>',
      });
    }
    throw new UnreachableError(said);
  }
}

function capabilitiesOf(
  operator: Operator,
  { service, options }: ServicePlace,
): MediumCapabilities {
  const isRenamedInPlace = service === 'fs' && options.atomic_write_dir !== undefined;
  return {
    randomWrites: false,
    directIo: false,
    append: false,
    rename: operator.capability().rename,
    atomicReplace: isRenamedInPlace || ATOMIC_SERVICES.has(service),
    conditionalPut: false,
    secondClient: service !== 'memory',
    stability: false,
    multipart: false,
  };
}

function redact(text: string, { secrets }: ServicePlace): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}
