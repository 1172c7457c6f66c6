DO $$ BEGIN
  FOR n IN 1..2000 LOOP
    EXECUTE format('CREATE TABLE table_%s (id int PRIMARY KEY, name text)', n);
    IF n % 2 = 0 THEN
      EXECUTE format('INSERT INTO table_%s VALUES (1, %L)', n, 'row of ' || n);
    END IF;
    -- Locks of one transaction would not fit into a server's default lock table.
    IF n % 200 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
END $$;
