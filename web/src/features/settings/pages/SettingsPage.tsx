import { Page } from '@/ui/Page';
import '../strings';

export function SettingsPage() {
  return <Page title="SettingsPage">{null}</Page>;
}
