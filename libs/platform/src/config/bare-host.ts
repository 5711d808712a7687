/** An IPv6 address without the brackets that it has in a URL; any other host as it is. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
