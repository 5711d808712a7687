export { channelsOfNode, formerNodes, formerPartitions, nodeChannels } from './api-nodes.ts';
export { partitionNumber, partitionPrefixes } from './division.ts';
export { PartitionCoordinator } from './coordinator.ts';
export type { PartitionWork } from './coordinator.ts';
export { PartitionLeaseStore, projectionLag } from './lease-store.ts';
export type { Lease } from './lease-store.ts';
export { checkStalls, Progress, showStalls, stallOf } from './progress.ts';
export type { Stall, WriterState } from './progress.ts';
export { checkPartitionCount, PartitionsError, partitionReport, setPartitions } from './requests.ts';
