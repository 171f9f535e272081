drop function /* SCHEMA */partywall.accept_invitation(bytea, text, text);
drop function /* SCHEMA */partywall.find_invitation(bytea);
drop function /* SCHEMA */partywall.revoke_invitation(text, uuid);
drop function /* SCHEMA */partywall.resend_invitation(text, uuid, bytea, integer);
drop function /* SCHEMA */partywall.invite_member(text, text, text, bytea, integer);
drop function /* SCHEMA */partywall.add_invitation(text, text, text, text, bytea, integer);
drop table /* SCHEMA */partywall.invitation_tokens;
drop table /* SCHEMA */partywall.invitations;
