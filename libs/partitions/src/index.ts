export { channelsOfNode, formerNodes, formerPartitions, nodeChannels } from './api-nodes.ts';
export { partitionNumber, partitionPrefixes } from './division.ts';
export { PartitionCoordinator } from './coordinator.ts';
export type { PartitionWork } from './coordinator.ts';
export { PartitionLeaseStore, projectionLag } from './lease-store.ts';
export type { Lease } from './lease-store.ts';
export { checkPartitionCount, PartitionsError, partitionReport, setPartitions } from './requests.ts';
