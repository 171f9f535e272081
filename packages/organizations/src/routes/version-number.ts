import { preconditionFailed } from '@partywall/tenancy-core/http'

/** @throws {TenancyError} `PRECONDITION_FAILED` for a tag that no version of ours has. */
export function versionNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^(?:0|[1-9]\d{0,8})$/.test(text)) return Number(text)
  throw preconditionFailed()
}
