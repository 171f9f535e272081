import type { Tenancy } from '@partywall/tenancy-core'

/** Where the parts of this package read and write. */
export interface ControlPlane {
  readonly tenancy: Tenancy
  /** The schema, as it is called. */
  readonly schema: string
  /** The schema, quoted. */
  readonly control: string
}
