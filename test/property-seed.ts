// Properties draw anew on a desk, where a failure can be looked at; in CI they draw from one seed,
// so that whether a change lands does not depend on what was drawn. FAST_CHECK_SEED sets another.

import fc from 'fast-check';

const given = process.env.FAST_CHECK_SEED ?? (process.env.CI ? '20261121' : undefined);

if (given !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) });
