// The recordings of a call, as its page shows them.
export { Recordings } from '@/recordings/Recordings';
