export function gasSnapshot() { return {}; }
