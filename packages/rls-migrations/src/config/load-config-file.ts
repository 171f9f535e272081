import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createJiti } from 'jiti'
import { TenancyError } from '@partywall/tenancy-core'
import { defineConfig, type PartywallConfig } from './conversion-config.ts'

/** The names that are looked for when none is given. */
export const defaultConfigFiles = [
  'partywall.config.ts',
  'partywall.config.mts',
  'partywall.config.js',
  'partywall.config.mjs',
  'partywall.config.json',
] as const

/**
 * Loads the configuration: the file that is named, else the first default name that exists; undefined when there is none.
 *
 * @throws TenancyError `CONFIG_NOT_FOUND` when the named file does not exist; `CONFIG_UNREADABLE` when it cannot be run
 * or exports no configuration.
 *
 * @example
 * ```ts
 * const config = resolveConfig((await loadConfigFile(cwd)) ?? {})
 * ```
 */
export async function loadConfigFile(cwd: string, file?: string): Promise<PartywallConfig | undefined> {
  const path = file === undefined ? findDefault(cwd) : resolve(cwd, file)
  if (path === undefined) return undefined
  if (!existsSync(path))
    throw new TenancyError(
      'CONFIG_NOT_FOUND',
      `The configuration ${path} does not exist. Write one with: partywall init --config ${file}`,
    )
  try {
    // `defineConfig` must be found from wherever the file lies, whether the package is installed beside it or not.
    const jiti = createJiti(import.meta.url, { moduleCache: false, virtualModules: { partywall: { defineConfig } } })
    const loaded = await jiti.import(path, { default: true })
    if (typeof loaded !== 'object' || loaded === null || Array.isArray(loaded))
      throw new TypeError('its default export is no object')
    return loaded
  } catch (error) {
    throw new TenancyError(
      'CONFIG_UNREADABLE',
      `The configuration ${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

function findDefault(cwd: string): string | undefined {
  return defaultConfigFiles.map((name) => resolve(cwd, name)).find((path) => existsSync(path))
}
