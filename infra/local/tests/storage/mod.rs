//! S3 with the SDK's own client: what it puts it gets, links expire by the platform's clock, and nobody reads unsigned.

use crate::common::{ask, folder, open, options, sdk, start};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use platform::faults::{TableFault, When};
use platform::{Options, Platform};
use serde_json::json;
use std::time::Duration;

const DAY: i64 = 86_400_000;

async fn client(platform: &Platform) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&sdk().await).endpoint_url(platform.s3_url()).build();
    Client::from_conf(config)
}

async fn put(s3: &Client, bucket: &str, key: &str, body: &'static str) {
    s3.put_object()
        .bucket(bucket)
        .key(key)
        .body(ByteStream::from_static(body.as_bytes()))
        .send()
        .await
        .unwrap();
}

/// Status and body, as a browser gets them.
async fn browse(url: &str, origin: Option<&str>) -> (u16, reqwest::header::HeaderMap, String) {
    let mut request = reqwest::Client::new().get(url);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

#[tokio::test]
async fn objects_come_back_as_they_were_put() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    // What does not belong into a path unescaped.
    let key = "files/ñandú & co/1+1=2?.txt";
    s3.put_object()
        .bucket(bucket)
        .key(key)
        .content_type("text/plain")
        .content_disposition("attachment; filename=a.txt")
        .metadata("owner", "ana")
        .body(ByteStream::from_static(b"hola"))
        .send()
        .await
        .unwrap();
    let got = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
    assert_eq!((got.content_type(), got.content_length()), (Some("text/plain"), Some(4)));
    assert_eq!(got.content_disposition(), Some("attachment; filename=a.txt"));
    assert_eq!(got.metadata().unwrap()["owner"], "ana");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hola");
    let head = s3.head_object().bucket(bucket).key(key).send().await.unwrap();
    assert_eq!(
        (head.content_length(), head.e_tag()),
        (Some(4), Some("\"4d186321c1a7f0f354b297e8914ab240\""))
    );
    s3.delete_object().bucket(bucket).key(key).send().await.unwrap();
    let gone = s3.get_object().bucket(bucket).key(key).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchKey"));
    let unmade = s3.get_object().bucket("elsewhere").key("x").send().await.unwrap_err();
    assert_eq!(unmade.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn a_body_whose_length_is_not_known_comes_in_chunks_and_is_put_together() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    let path = folder("chunks").join("body");
    std::fs::write(&path, vec![7; 300_000]).unwrap();
    let body = ByteStream::from_path(&path).await.unwrap();
    s3.put_object().bucket(bucket).key("files/large").body(body).send().await.unwrap();
    assert_eq!(platform.object(bucket, "files/large").unwrap(), Some(vec![7; 300_000]));
}

#[tokio::test]
async fn an_object_can_be_put_only_once() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    let put = |body: &'static [u8]| {
        let body = ByteStream::from_static(body);
        s3.put_object().bucket(bucket).key("files/once").if_none_match("*").body(body).send()
    };
    put(b"first").await.unwrap();
    assert_eq!(put(b"second").await.unwrap_err().code(), Some("PreconditionFailed"));
    assert_eq!(platform.object(bucket, "files/once").unwrap().as_deref(), Some(&b"first"[..]));
}

#[tokio::test]
async fn lists_have_pages_prefixes_and_folders() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    for key in ["files/a/1", "files/a/2", "files/b/1", "files/c & d", "other"] {
        put(&s3, bucket, key, "x").await;
    }
    let mut pages = s3.list_objects_v2().bucket(bucket).prefix("files/").max_keys(3).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        seen.push(page.contents().iter().map(|one| one.key().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(seen, [vec!["files/a/1", "files/a/2", "files/b/1"], vec!["files/c & d"]]);
    let top = s3.list_objects_v2().bucket(bucket).prefix("files/").delimiter("/").send().await.unwrap();
    let folders: Vec<_> = top.common_prefixes().iter().map(|one| one.prefix().unwrap()).collect();
    assert_eq!((folders, top.contents().len()), (vec!["files/a/", "files/b/"], 1));
}

#[tokio::test]
async fn a_link_opens_its_object_until_it_expires_by_the_platforms_clock() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    put(&s3, bucket, "files/ñ 1.txt", "hola").await;
    let link = async |key: &str| {
        let five_minutes = PresigningConfig::expires_in(Duration::from_secs(300)).unwrap();
        let wanted = s3
            .get_object()
            .bucket(bucket)
            .key(key)
            .response_content_disposition("attachment; filename=\"1.txt\"");
        wanted.presigned(five_minutes).await.unwrap().uri().to_owned()
    };
    let url = link("files/ñ 1.txt").await;
    let (status, headers, body) = browse(&url, None).await;
    assert_eq!((status, body.as_str()), (200, "hola"));
    assert_eq!(headers["content-disposition"], "attachment; filename=\"1.txt\"");

    // Another object, another way to hand it out, another lifetime: none of them is what was signed.
    for (from, to) in
        [("1.txt", "2.txt"), ("attachment", "inline"), ("X-Amz-Expires=300", "X-Amz-Expires=900")]
    {
        assert!(url.contains(from), "{url}");
        let (status, _, body) = browse(&url.replace(from, to), None).await;
        assert!(status == 403 && body.contains("SignatureDoesNotMatch"), "{from}: {status} {body}");
    }
    let plain = url.split('?').next().unwrap();
    assert_eq!(browse(plain, None).await.0, 403, "without a signature");

    platform.move_clock(270_000);
    assert_eq!(browse(&url, None).await.0, 200);
    platform.move_clock(330_000);
    let (status, _, body) = browse(&url, None).await;
    assert!(status == 403 && body.contains("Request has expired"), "{status} {body}");
}

#[tokio::test]
async fn browsers_of_other_origins_read_links_as_the_bucket_lets_them() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    put(&s3, bucket, "files/1", "hola").await;
    let wanted = s3.get_object().bucket(bucket).key("files/1");
    let url = wanted.presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()).await.unwrap();
    let (_, headers, _) = browse(url.uri(), Some("https://www.shop.example")).await;
    assert_eq!(headers["access-control-allow-origin"], "https://www.shop.example");
    let (_, headers, _) = browse(url.uri(), Some("https://evil.example")).await;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn objects_expire_as_the_bucket_says() {
    let platform = start().await;
    let s3 = client(&platform).await;
    let bucket = platform.bucket("Post").unwrap();
    put(&s3, bucket, "mail/1", "x").await;
    put(&s3, bucket, "files/1", "x").await;
    let keys =
        || -> Vec<String> { platform.objects(bucket, "").unwrap().into_iter().map(|one| one.key).collect() };
    assert_eq!(keys(), ["files/1", "mail/1", "mail/AMAZON_SES_SETUP_NOTIFICATION"]);
    platform.move_clock(31 * DAY);
    assert_eq!(keys(), ["files/1"]);
    platform.sweep_expired().unwrap();
    platform.move_clock(0);
    assert_eq!(keys(), ["files/1"], "what was swept is gone, whatever the clock says");
}

#[tokio::test]
async fn a_function_reaches_the_objects_that_its_role_names() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let bucket = platform.bucket("Post").unwrap().to_owned();
    for (method, key, answer) in [
        ("PUT", "files/1", "object 200"),
        ("GET", "files/1", "object 200"),
        // It may not list, so it is not told that this is missing.
        ("GET", "files/2", "object 403"),
        ("DELETE", "files/1", "object 403"),
        ("PUT", "mail/1", "object 403"),
        ("GET", "elsewhere", "object 403"),
        ("GET", "?list-type=2", "object 403"),
    ] {
        let order = json!({ "do": "object", "method": method, "bucket": bucket, "key": key, "body": "x" });
        assert_eq!(ask(&mut socket, order).await, answer, "{method} {key}");
    }
    let metrics = platform.metrics();
    assert!(metrics.denied.contains(&format!("Echo s3:DeleteObject arn:aws:s3:::{bucket}/files/1")));
    assert!(metrics.used["Echo"].iter().any(|used| used.starts_with("s3:PutObject")));
}

#[tokio::test]
async fn requests_are_counted_and_fail_as_they_are_told_to() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    let bucket = platform.bucket("Post").unwrap().to_owned();
    let before = platform.metrics();
    let order = |method: &str| json!({ "do": "object", "method": method, "bucket": bucket, "key": "files/1", "body": "x" });
    platform.faults().table("PutObject", When::Before, &TableFault::Throttle, 1);
    assert_eq!(ask(&mut socket, order("PUT")).await, "object 503");
    assert_eq!(platform.object(&bucket, "files/1").unwrap(), None);
    platform.faults().table("PutObject", When::After, &TableFault::Error, 1);
    assert_eq!(ask(&mut socket, order("PUT")).await, "object 500");
    assert_eq!(platform.object(&bucket, "files/1").unwrap().as_deref(), Some(&b"x"[..]));
    assert_eq!(ask(&mut socket, order("GET")).await, "object 200");
    let after = platform.metrics();
    assert_eq!(after.storage_writes - before.storage_writes, 1);
    assert_eq!(after.storage_reads - before.storage_reads, 1);
    assert!((after.cost().s3 - before.cost().s3 - 5.4e-6).abs() < 1e-9);
}

#[tokio::test]
async fn a_file_keeps_the_objects_over_a_restart() {
    let data = folder("objects").join("table.db");
    let options = || Options { data: Some(data.clone()), ..options() };
    let first = Platform::start(options()).await.unwrap();
    let bucket = first.bucket("Post").unwrap().to_owned();
    put(&client(&first).await, &bucket, "files/1", "hola").await;
    first.ended().await;
    drop(first);
    let second = Platform::start(options()).await.unwrap();
    assert_eq!(second.object(&bucket, "files/1").unwrap().as_deref(), Some(&b"hola"[..]));
}
