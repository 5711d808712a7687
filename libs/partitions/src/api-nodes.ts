/** The beginning of the channels on which nodes of the api listen for what concerns them; the name of the node follows. */
export const nodeChannels = 'agents:node:';
/** The end of a second one, by which a node says that it knows more partitions than a release before did. */
const knowing = '/partitions';
/** The most partitions that such a release knows. */
export const formerPartitions = 16;

/** The channels of a node of the api: that of its messages, then one on which nothing is sent. */
export function channelsOfNode(name: string): readonly [string, string] {
  return [`${nodeChannels}${name}`, `${nodeChannels}${name}${knowing}`];
}

/** The nodes of the api, by the channels on which somebody listens, that know no more partitions than a release before did. Pure. */
export function formerNodes(channels: readonly string[]): string[] {
  const listening = new Set(channels);
  const own = channels.filter((channel) => channel.startsWith(nodeChannels) && !channel.endsWith(knowing));
  const former = own.filter((channel) => !listening.has(`${channel}${knowing}`));
  return former.map((channel) => channel.slice(nodeChannels.length)).sort();
}
