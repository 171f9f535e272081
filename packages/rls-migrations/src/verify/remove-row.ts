import type { Side } from './probe.ts'
import type { TenantSetting } from './tenant-setting.ts'
import { enter } from './tenant-statements.ts'

/** The statements with which an organization removes its own row, so that another of the same keys may take its place. */
export function removeRow({ setting }: { setting: TenantSetting }, side: Side): readonly string[] {
  return side.row === null ? [] : [enter(setting, side.organization), side.row.removal]
}
