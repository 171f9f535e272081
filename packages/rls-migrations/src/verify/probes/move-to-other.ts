import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { mustFail, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

export const moveToOther: Probe = {
  name: 'move-to-other',
  promise: 'A does not move its row to B',
  classes: ['tenant'],
  attempts: ({ a, b, setting, table, tenantColumn }) =>
    a.row === null
      ? []
      : [
          {
            statements: [
              enter(setting, a.organization),
              `update ${quoteName(table)} set ${quoteIdentifier(tenantColumn)} = ${quoteLiteral(b.organization)} where ${a.row.address}`,
            ],
            judge: mustFail(['42501'], 'A moved its row to B'),
          },
        ],
}
