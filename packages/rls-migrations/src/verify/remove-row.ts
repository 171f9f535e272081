import { quoteName, type QualifiedName } from '../sql/identifier.ts'
import type { Side } from './probe.ts'
import type { TenantSetting } from './tenant-setting.ts'
import { enter } from './tenant-statements.ts'

/** The statements with which an organization deletes its own row, so that another of the same keys may take its place. */
export function removeRow(
  { table, setting }: { table: QualifiedName; setting: TenantSetting },
  side: Side,
): readonly string[] {
  if (side.row === null) return []
  return [enter(setting, side.organization), `delete from ${quoteName(table)} where ${side.row.address}`]
}
