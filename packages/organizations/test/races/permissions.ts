/** Whether rules include a permission, as the documentation says it: the last rule that matches decides. */
export function permits(rules: readonly string[], permission: string): boolean {
  const deciding = rules.findLast((rule) => matches(rule.replace('!', ''), permission))
  return deciding !== undefined && !deciding.startsWith('!')
}

/** Whether rules include everything that another stands for: tried out on each permission that anything here names. */
export function includes(rules: readonly string[], wanted: string): boolean {
  const named = [...rules, wanted].map((rule) => rule.replace('!', '').split(':'))
  // A resource and an action that no rule names stand for all others.
  const resources = new Set(['other', ...named.map(([resource = '']) => resource)])
  const actions = new Set(['other', ...named.map(([, action = '']) => action)])
  for (const resource of resources) {
    for (const action of actions) {
      const permission = `${resource}:${action}`
      if (!permission.includes('*') && matches(wanted, permission) && !permits(rules, permission)) return false
    }
  }
  return true
}

function matches(rule: string, permission: string): boolean {
  const [resource = '', action = ''] = rule.split(':')
  const [wantedResource = '', wantedAction = ''] = permission.split(':')
  return ['*', wantedResource].includes(resource) && ['*', wantedAction].includes(action)
}
