import { Page } from '@/ui/Page';
import '../strings';

export function PersonalitiesPage() {
  return <Page title="PersonalitiesPage">{null}</Page>;
}
