import { BlockList, isIP } from 'node:net'
import { TenancyError } from '../../tenancy-error.ts'

/**
 * Addresses and networks, in the notation of CIDR. An IPv4 address that comes as `::ffff:10.0.0.1`, as it does on a socket
 * that listens for both, is the IPv4 address.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for what is no network, and for one that has every address in it.
 */
export function createProxyList(networks: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  if (networks.length === 0) throw noNetwork('no proxies')
  for (const network of networks) addNetwork(list, network)
  return (given) => {
    const address = given === undefined ? '' : plainAddress(given)
    const family = isIP(address)
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', bits, ...more] = network.split('/')
  const family = isIP(address)
  const size = family === 4 ? 32 : 128
  const prefix = bits === undefined ? size : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  // Trusting everybody is what a list is there to prevent.
  if (family === 0 || address.includes('%') || more.length > 0 || !(prefix >= 1 && prefix <= size)) {
    throw noNetwork(JSON.stringify(network))
  }
  if (isMapped(address)) throw noNetwork(`${JSON.stringify(network)}, which is written as IPv4`)
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
}

function isMapped(address: string): boolean {
  return /^(0*:)*:?ffff:/i.test(address) && address.includes('.')
}

/** Without the zone of a link-local address, and IPv4 as such. */
function plainAddress(given: string): string {
  const address = given.split('%', 1)[0] as string
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

function noNetwork(what: string): TenancyError {
  return new TenancyError(
    'CONFIGURATION_INVALID',
    `The list of trusted proxies has ${what}. Name addresses and networks, as in ['10.0.0.0/8', 'fd00::/8'].`,
  )
}
