#[tokio::test]
async fn memory_keeps_the_contract() {
    mostrador_testkit::contract::all(&mostrador_testkit::Memory::default()).await;
}
