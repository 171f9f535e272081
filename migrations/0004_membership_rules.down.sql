drop function /* SCHEMA */partywall.find_member(text, text);
drop function /* SCHEMA */partywall.transfer_ownership(text, text, text);
drop function /* SCHEMA */partywall.leave_organization(text);
drop function /* SCHEMA */partywall.remove_member(text, text);
drop function /* SCHEMA */partywall.change_member_status(text, text, text);
drop function /* SCHEMA */partywall.change_member_role(text, text, text);
drop function /* SCHEMA */partywall.require_acting_user(text);
drop function /* SCHEMA */partywall.drop_member(text, text, text);
drop function /* SCHEMA */partywall.change_member(text, text, text, text, text);
drop function /* SCHEMA */partywall.add_member(text, text, text, text);
drop function /* SCHEMA */partywall.assert_outranks(integer, text);
drop function /* SCHEMA */partywall.lock_organization(text, text, text);
drop function /* SCHEMA */partywall.permits(text[], text);
drop trigger refuse_uncounted on /* SCHEMA */partywall.memberships;
drop function /* SCHEMA */partywall.refuse_uncounted();
drop trigger count_removed_members on /* SCHEMA */partywall.memberships;
drop trigger count_changed_members on /* SCHEMA */partywall.memberships;
drop trigger count_added_members on /* SCHEMA */partywall.memberships;
drop function /* SCHEMA */partywall.count_members();
drop trigger keep_member_counts on /* SCHEMA */partywall.organizations;
drop function /* SCHEMA */partywall.keep_member_counts();
alter table /* SCHEMA */partywall.organizations
  drop constraint organizations_seat_limit_check,
  drop column seat_limit,
  drop column member_count,
  drop column owner_count;
alter table /* SCHEMA */partywall.memberships
  drop constraint memberships_role_fkey,
  add constraint memberships_role_check check (role in ('owner', 'admin', 'member', 'viewer'));
drop table /* SCHEMA */partywall.roles;
