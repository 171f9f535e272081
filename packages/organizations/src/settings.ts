import type * as z from 'zod'
import type { MemberWriteOptions } from './write-control-plane.ts'

/** The settings of a host that has none. */
export type NoSettings = Record<string, never>

/** Settings with the version that an update may ask for. */
export interface VersionedSettings<Values> {
  readonly settings: Values
  /** Goes up with every change; 0 where nothing was chosen yet. */
  readonly version: number
}

/** A patch after RFC 7396: members that are left out stay, `null` takes what was chosen back, arrays are replaced. */
export type SettingsPatch<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: SettingsPatch<Value[Key]> | null | undefined }
    : Value

/** Options of a change of settings. */
export interface SettingsWriteOptions extends MemberWriteOptions {
  /** Only if the settings have this version still. @defaultValue whatever they have */
  readonly expectedVersion?: number | undefined
}

/**
 * What the host lets an organization choose: the schema of `createOrganizations(tenancy, { settings })` says which settings
 * there are, what they may be, and what they are when nothing is chosen. Stored is what was chosen: a default that the
 * schema changes holds for everybody who did not choose otherwise.
 *
 * A change is checked as a whole, under the lock of the organization: of several at a time none is lost, in whatever
 * isolation level. With it comes the event `settings.changed`: the version, and the keys at the top that changed, without
 * their values.
 */
export interface Settings<Values, Input = Values> {
  /** The schema of `createOrganizations()`: for a form, or a description of the API. */
  readonly settingsSchema: z.ZodType<Values>

  /**
   * The settings of the organization in scope, with the defaults of the schema. Whoever works in the organization may
   * read them; a route for people asks for `settings:read`.
   *
   * @throws {TenancyError} `SETTINGS_UNREADABLE` when the schema takes no longer what is stored.
   * @throws {TenancyError} `TENANT_REQUIRED` outside a scope, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { flakeThreshold } = await organizations.settings() // { flakeThreshold: 0.1 }
   * ```
   */
  settings(): Promise<Values>

  /**
   * As `settings()`, with the version: for an ETag, and for `expectedVersion`.
   *
   * @throws {TenancyError} as `settings()`.
   *
   * @example
   * ```ts
   * const { settings, version } = await organizations.versionedSettings()
   * version // 0
   * ```
   */
  versionedSettings(): Promise<VersionedSettings<Values>>

  /**
   * Merges a patch after RFC 7396 into what was chosen (`settings:update`), and gives the settings as they are then. `null`
   * brings the default back; an array takes the place of the array. A patch that changes nothing leaves the version.
   *
   * @throws {TenancyError} `SETTINGS_INVALID` when the patch is none, or the schema does not take the result: an unknown
   * setting, a value out of range, what JSON or PostgreSQL cannot say, more than 32 levels.
   * @throws {TenancyError} `SETTINGS_CHANGED` when they have another version, `SETTINGS_TOO_LARGE` over 32 KiB.
   * @throws {TenancyError} `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED`, `ORGANIZATION_SUSPENDED`,
   * `ORGANIZATION_UNKNOWN`, `TENANT_REQUIRED`, `TRANSACTION_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { version } = await organizations.versionedSettings()
   * const { settings } = await organizations.updateSettings({ flakeThreshold: 0.2 }, { expectedVersion: version })
   * settings // { flakeThreshold: 0.2 }
   * ```
   */
  updateSettings(patch: SettingsPatch<Input>, options?: SettingsWriteOptions): Promise<VersionedSettings<Values>>

  /**
   * Puts settings in the place of all that was chosen (`settings:update`). What is left out has its default from then on.
   *
   * @throws {TenancyError} as `updateSettings()`.
   *
   * @example
   * ```ts
   * const { settings } = await organizations.replaceSettings({ flakeThreshold: 0.2 })
   * settings // { flakeThreshold: 0.2 }
   * ```
   */
  replaceSettings(settings: Input, options?: SettingsWriteOptions): Promise<VersionedSettings<Values>>
}
