-- What operators configure (trunks, routes, groups, widgets…): one versioned JSON document an object, secrets inside encrypted.
create table objects (
    domain_id   text   not null,
    kind        text   not null,
    id          text   not null,
    name        text   not null,
    name_key    text   not null,
    version     bigint not null,
    document    text   not null,
    updated_at  bigint not null,
    primary key (domain_id, kind, id),
    unique (domain_id, kind, name_key)
);

-- Who changed what. Never updated.
create table audit (
    id         text   not null primary key,
    domain_id  text   not null,
    at         bigint not null,
    actor      text   not null,
    remote     text   not null,
    action     text   not null,
    kind       text   not null,
    object_id  text   not null,
    summary    text   not null
);

create index audit_by_time on audit (at);

alter table accounts add column role text not null default 'agent';
alter table accounts add column rights text not null default '{}';
alter table accounts add column caller_number text not null default '';
alter table accounts add column version bigint not null default 1;
update accounts set role = 'administrator' where is_administrator;

alter table calls add column caller_kind text not null default 'account';
alter table calls add column trunk_id text;
alter table calls add column route_id text;
alter table calls add column widget_id text;
alter table calls add column ended_by text not null default '';
alter table calls add column details text;
