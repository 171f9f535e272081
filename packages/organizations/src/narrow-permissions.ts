/**
 * The rules of a role, narrowed to what a key may: of the result a permission is included exactly when the role includes it
 * and a rule of the key matches it. The rules of a key take nothing away, so that it is enough to meet each with every rule
 * of the role, in their order.
 */
export function narrowPermissions(role: readonly string[], key: readonly string[]): readonly string[] {
  return key.flatMap((allowed) => role.flatMap((rule) => meet(rule, allowed)))
}

function meet(rule: string, allowed: string): readonly string[] {
  const sign = rule.startsWith('!') ? '!' : ''
  const [resource, action] = parts(rule.slice(sign.length))
  const [allowedResource, allowedAction] = parts(allowed)
  const met = [meetPart(resource, allowedResource), meetPart(action, allowedAction)]
  return met.includes(undefined) ? [] : [`${sign}${met.join(':')}`]
}

function parts(rule: string): readonly [string, string] {
  const [resource = '', action = ''] = rule.split(':')
  return [resource, action]
}

function meetPart(left: string, right: string): string | undefined {
  if (left === '*' || left === right) return right
  return right === '*' ? left : undefined
}
