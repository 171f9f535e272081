drop function /* SCHEMA */partywall.put_own_settings(text, jsonb, integer);
drop function /* SCHEMA */partywall.lock_own_settings(text);
drop function /* SCHEMA */partywall.put_settings(text, text, jsonb, integer);
drop function /* SCHEMA */partywall.lock_settings(text, text);
drop table /* SCHEMA */partywall.organization_settings;
drop function /* SCHEMA */partywall.tell_settings();
drop function /* SCHEMA */partywall.keep_settings_version();
