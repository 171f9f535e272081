import { mustFail } from '../probe.ts'
import { enter } from '../tenant-statements.ts'
import type { ObjectProbe } from './object-probe.ts'

export const readLargeObject: ObjectProbe = {
  name: 'read-large-object',
  promise: 'A reads no large object by its number',
  attempts: ({ a, largeObjects, setting }) =>
    largeObjects.map((number) => ({
      object: `large object ${number}`,
      statements: [enter(setting, a), `select pg_catalog.lo_get(${number}::pg_catalog.oid, 0, 1)`],
      // One that is gone by now is read by nobody.
      judge: mustFail(['42501', '42704'], 'A read a large object, which no policy divides'),
    })),
}
