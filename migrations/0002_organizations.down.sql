drop function /* SCHEMA */partywall.list_memberships(text);
drop function /* SCHEMA */partywall.find_membership(text, text);
drop function /* SCHEMA */partywall.current_member_ids();
drop table /* SCHEMA */partywall.memberships;
drop table /* SCHEMA */partywall.organizations;
