insert into users (id, email) values ('ada', 'ada@example.com');
insert into projects (name) values ('Apollo'), ('Gemini');
insert into notes (project_id, author_id, body) values (1, 'ada', 'The lander needs thinner walls.');
