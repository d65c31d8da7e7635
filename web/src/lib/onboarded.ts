// Companies whose onboarding is done or was skipped in this browser.
const place = 'phony.onboarded.v1';

function read(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export const onboarded = {
  has: (tenant: string) => read().includes(tenant),
  add: (tenant: string) => {
    const all = read();
    if (all.includes(tenant)) return;
    try {
      localStorage.setItem(place, JSON.stringify([...all, tenant]));
    } catch {
      // Without a store the welcome page comes again; it can be skipped again.
    }
  },
};
