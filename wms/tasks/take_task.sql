-- Taking work in one round trip. Fifty people who ask at once wait for a queue of statements, not for each other's locks.
--
-- Expired leases are opened first (rows that somebody is just renewing are skipped, not waited for). Then the first of the
-- queue is locked with SKIP LOCKED, or, when the person says where he stands, the nearest of the equally urgent. Only a short
-- range of ix_task_queue is read, however long the queue is. NULL kinds, zones or owners: all of them.
CREATE OR REPLACE FUNCTION take_task(
    p_site text, p_kinds text[], p_zones text[], p_owners uuid[], p_near text, p_actor_id uuid, p_device text,
    p_lease_s integer, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    v_id uuid;
    v_here integer;
    v_head record;
    v_neighbours uuid[];
    v_taken jsonb;
BEGIN
    UPDATE task SET state = 'open', lease_until = NULL WHERE id IN (
        SELECT id FROM task WHERE site = p_site AND state = 'leased' AND lease_until <= p_now LIMIT 100
        FOR UPDATE SKIP LOCKED
    );
    IF p_near IS NOT NULL THEN
        SELECT path_order INTO v_here FROM location WHERE site = p_site AND name = p_near AND NOT virtual;
        IF NOT FOUND THEN
            PERFORM refuse('unknown_location', jsonb_build_object('location', p_near));
        END IF;
    END IF;
    IF v_here IS NOT NULL THEN
        SELECT t.priority, t.due_at INTO v_head FROM task t
        WHERE t.site = p_site AND t.state = 'open'
          AND (p_kinds IS NULL OR t.kind = ANY (p_kinds)) AND (p_zones IS NULL OR t.zone = ANY (p_zones))
          AND (p_owners IS NULL OR t.owner_id = ANY (p_owners))
          AND (t.assigned_to IS NULL OR t.assigned_to = p_actor_id)
        ORDER BY t.priority DESC, t.due_at, t.path_order, t.id LIMIT 1;
        -- `=` and IS NULL use the index, IS NOT DISTINCT FROM does not: hence the text. 60 neighbours on either side are more
        -- than the people who may ask at one moment in one place.
        EXECUTE format($query$
            WITH equal AS NOT MATERIALIZED (
                SELECT t.id, t.path_order FROM task t
                WHERE t.site = $1 AND t.state = 'open' AND t.priority = $2 AND %s
                  AND ($4 IS NULL OR t.kind = ANY ($4)) AND ($5 IS NULL OR t.zone = ANY ($5))
                  AND ($6 IS NULL OR t.owner_id = ANY ($6)) AND (t.assigned_to IS NULL OR t.assigned_to = $7)
            )
            SELECT array_agg(id) FROM (
                (SELECT id FROM equal WHERE path_order >= $8 ORDER BY path_order, id LIMIT 60)
                UNION ALL (SELECT id FROM equal WHERE path_order < $8 ORDER BY path_order DESC LIMIT 60)
            ) near
        $query$, CASE WHEN v_head.due_at IS NULL THEN 't.due_at IS NULL AND $3::timestamptz IS NULL' ELSE 't.due_at = $3' END)
        INTO v_neighbours
        USING p_site, v_head.priority, v_head.due_at, p_kinds, p_zones, p_owners, p_actor_id, v_here;
        SELECT id INTO v_id FROM task WHERE id = ANY (v_neighbours) AND state = 'open'
        ORDER BY abs(path_order - v_here), id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF v_id IS NULL THEN
        SELECT t.id INTO v_id FROM task t
        WHERE t.site = p_site AND t.state = 'open'
          AND (p_kinds IS NULL OR t.kind = ANY (p_kinds)) AND (p_zones IS NULL OR t.zone = ANY (p_zones))
          AND (p_owners IS NULL OR t.owner_id = ANY (p_owners))
          AND (t.assigned_to IS NULL OR t.assigned_to = p_actor_id)
        ORDER BY t.priority DESC, t.due_at, t.path_order, t.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    UPDATE task SET state = 'leased', leased_by = p_actor_id, device = p_device, leases = leases + 1,
                    lease_until = p_now + make_interval(secs => p_lease_s)
    WHERE id = v_id RETURNING to_jsonb(task) INTO v_taken;
    RETURN v_taken || jsonb_build_object(
        'location', (SELECT name FROM location WHERE id = (v_taken ->> 'location_id')::uuid)
    );
END $$;
