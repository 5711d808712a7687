export { partitionPrefixes } from './assignment.ts';
export { PartitionCoordinator } from './coordinator.ts';
export type { PartitionWork } from './coordinator.ts';
export { PartitionLeaseStore, projectionLag } from './lease-store.ts';
export type { Lease } from './lease-store.ts';
