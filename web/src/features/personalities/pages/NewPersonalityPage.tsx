import { Page } from '@/ui/Page';
import '../strings';

export function NewPersonalityPage() {
  return <Page title="NewPersonalityPage">{null}</Page>;
}
