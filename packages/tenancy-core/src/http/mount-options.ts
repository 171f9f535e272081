import type { Tenancy } from '../tenancy.ts'
import type { Directory } from '../directory.ts'
import type { HostOperation } from './host-operation.ts'
import type { ClaimReader } from './request-claim.ts'
import type { Route } from './route.ts'

/** What every adapter is told, whatever its framework calls a request. */
export interface MountOptions<Request> {
  readonly tenancy: Tenancy
  /** Who is a member of what, asked at every request: `createOrganizations(tenancy)`. */
  readonly directory: Directory
  /** Reads the claim of a request, as `claimFromUser(...)` does. Called after the host's own authentication. */
  readonly claim: ClaimReader<Request>
  /** Lists of routes to mount. @defaultValue none */
  readonly routes?: readonly (readonly Route[])[] | undefined
  /** What stands in front of the paths of `routes`: `/v1`. @defaultValue nothing */
  readonly prefix?: `/${string}`
  /**
   * What cursors of lists are signed with, at least 32 bytes, the same on every node.
   *
   * @defaultValue random: the cursors of a process end with it, and other nodes refuse them
   */
  readonly cursorKey?: string | undefined
  /** The schema of the control plane. @defaultValue `'partywall'` */
  readonly schema?: string | undefined
  /** Serves the API description of `routes`, to anybody: `/openapi.json` and `/docs`. @defaultValue not served */
  readonly reference?: ReferenceOptions | undefined
  /** How large a body of `routes` may be, in bytes. @defaultValue 102,400 */
  readonly bodyLimitBytes?: number | undefined
}

/** What the API description of a service tells. */
export interface ReferenceOptions {
  readonly title: string
  readonly version: string
  /** Routes of the service's own, which stand there too: asked for when the description is first read. @defaultValue none */
  readonly own?: (() => readonly HostOperation[]) | undefined
}

/** In bytes. */
export const defaultBodyLimit = 102_400
