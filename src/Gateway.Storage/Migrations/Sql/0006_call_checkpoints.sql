-- Where the running calls stand: the process that follows a crash goes on with them. at is on the call's own clock, utc on the wall.
create table call_checkpoints (
    id       text   not null primary key,
    node_id  text   not null,
    at       bigint not null,
    utc      bigint not null,
    body     text   not null
);
