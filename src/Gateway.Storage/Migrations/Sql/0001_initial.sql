-- Accounts, where they can be reached, and their calls. Times are Unix milliseconds (UTC); ids are UUIDv7 in lower-case text.

create table domains (
    id          text   not null primary key,
    name        text   not null unique,
    created_at  bigint not null
);

create table accounts (
    domain_id         text    not null references domains (id),
    id                text    not null,
    user_name         text    not null,
    display_name      text    not null,
    digest_policy     text    not null,
    ha1_md5           text    not null,
    ha1_sha256        text    not null,
    password_hash     text    not null,
    is_administrator  boolean not null,
    is_enabled        boolean not null,
    aliases           text    not null,
    updated_at        bigint  not null,
    primary key (domain_id, id),
    unique (domain_id, user_name)
);

create table bindings (
    domain_id           text   not null,
    id                  text   not null,
    node_id             text   not null,
    aor                 text   not null,
    contact             text   not null,
    contact_parameters  text   not null,
    instance            text,
    reg_id              bigint not null,
    q                   double precision not null,
    call_id             text   not null,
    cseq                bigint not null,
    transport           text   not null,
    remote              text   not null,
    listener            bigint not null,
    connection          bigint not null,
    expires_at          bigint not null,
    user_agent          text   not null,
    path                text   not null,
    primary key (domain_id, id)
);

create index bindings_by_aor on bindings (domain_id, aor);
create index bindings_by_expiry on bindings (expires_at);

-- One row a call. snapshot holds the versioned state of a live call once calls outlive their process.
create table calls (
    domain_id         text    not null,
    id                text    not null,
    node_id           text    not null,
    caller            text    not null,
    callee            text    not null,
    answered_by       text,
    started_at        bigint  not null,
    answered_at       bigint,
    last_seen_at      bigint  not null,
    ended_at          bigint,
    end_is_estimated  boolean not null,
    status            bigint  not null,
    end_reason        text    not null,
    codec             text,
    media_version     bigint  not null,
    caller_media      text,
    callee_media      text,
    snapshot_version  bigint,
    snapshot          text,
    primary key (domain_id, id)
);

create index calls_by_start on calls (started_at);
create index calls_open on calls (node_id) where ended_at is null;

create table settings (
    name        text   not null primary key,
    content     text   not null,
    created_at  bigint not null
);
