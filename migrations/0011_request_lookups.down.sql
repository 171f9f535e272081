drop function /* SCHEMA */partywall.find_default_organization();
drop function /* SCHEMA */partywall.find_api_keys(bytea[]);
drop function /* SCHEMA */partywall.find_members(text[], text[]);
