// Replaces the package of this name for wouter.
export { useSyncExternalStore } from 'react';
