import { Page } from '@/ui/Page';
import '../strings';

export function PersonalityPage() {
  return <Page title="PersonalityPage">{null}</Page>;
}
