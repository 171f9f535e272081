/**
 * A setting from the environment. Nothing that matters has a default: a service that starts against whichever database
 * happens to answer, or takes whoever's tokens, is worse than one that doesn't start.
 *
 * @throws Error when it is missing.
 */
export function requireEnvironment(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set.`)
  return value
}
